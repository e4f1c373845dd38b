#include "config/blocks/tls_files.h"

#include "config/language/read_file.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace gannet::config {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }

  void operator()(X509* certificate) const { X509_free(certificate); }

  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

using BioPtr = std::unique_ptr<BIO, Free>;
using X509Ptr = std::unique_ptr<X509, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;

BioPtr bioOf(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A key that asks for a passphrase must not ask the terminal.
int noPassphrase(char* /*buffer*/, int /*size*/, int /*is_write*/, void* /*context*/) {
  return -1;
}

std::string sha256(std::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

// What is read is added to `content`.
Result<void, Error> checkPair(const TlsOptions::KeyPair& pair, std::string& content) {
  const auto cert_text = readFile(pair.cert_file);
  if (!cert_text) return cert_text.error();
  const auto key_text = readFile(pair.key_file);
  if (!key_text) return key_text.error();
  content += *cert_text + *key_text;
  if (cert_text->find("-----BEGIN") == std::string::npos) {
    return Error{"tls: failed to find any PEM data in certificate input"};
  }
  const X509Ptr certificate(
      PEM_read_bio_X509(bioOf(*cert_text).get(), nullptr, &noPassphrase, nullptr));
  ERR_clear_error();
  if (certificate == nullptr) return Error{"x509: malformed certificate"};
  if (key_text->find("-----BEGIN") == std::string::npos) {
    return Error{"tls: failed to find any PEM data in key input"};
  }
  const KeyPtr key(
      PEM_read_bio_PrivateKey(bioOf(*key_text).get(), nullptr, &noPassphrase, nullptr));
  ERR_clear_error();
  if (key == nullptr) return Error{"tls: failed to parse private key"};
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return Error{"tls: private key does not match public key"};
  }
  return {};
}

Result<void, Error> checkRoots(const std::string& ca_file, std::string& content) {
  const auto text = readFile(ca_file);
  if (!text) return text.error();
  content += *text;
  const X509Ptr first(PEM_read_bio_X509(bioOf(*text).get(), nullptr, &noPassphrase, nullptr));
  ERR_clear_error();
  if (first == nullptr) return Error{"failed to parse root ca certificate"};
  return {};
}

}  // namespace

Result<void, Error> checkTlsFiles(TlsOptions& tls) {
  std::string content;
  for (std::size_t i = 0; i < tls.certificates.size(); ++i) {
    const TlsOptions::KeyPair& pair = tls.certificates[i];
    if (pair.key_file.empty()) return Error{"missing 'key_file' in TLS configuration"};
    if (pair.cert_file.empty()) return Error{"missing 'cert_file' in TLS configuration"};
    const auto checked = checkPair(pair, content);
    if (checked) continue;
    const std::string which =
        tls.is_certificate_list ? fmt::format(" {}/{}", i + 1, tls.certificates.size()) : "";
    return Error{
        fmt::format("error parsing X509 certificate/key pair{}: {}", which, checked.error().text)};
  }
  if (!tls.ca_file.empty()) {
    if (auto checked = checkRoots(tls.ca_file, content); !checked) return checked;
  }
  tls.files_digest = sha256(content);
  return {};
}

}  // namespace gannet::config
