#include "config/blocks/tls_files.h"

#include "config/language/read_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gannet::config {
namespace {

// The reference signs with no smaller RSA key.
constexpr int kMinRsaBits = 1024;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }

  void operator()(X509* certificate) const { X509_free(certificate); }

  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

using X509Ptr = std::unique_ptr<X509, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;

struct PemBlock {
  std::string type;  // of "-----BEGIN CERTIFICATE-----"
  std::string der;
  bool has_header = false;  // as keys with a passphrase in the old form have
};

std::string textOf(char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

// The readable blocks. OpenSSL stops at a damaged one; the next call goes on behind it.
std::vector<PemBlock> readPem(const std::string& text) {
  std::vector<PemBlock> blocks;
  const std::unique_ptr<BIO, Free> in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  while (BIO_pending(in.get()) > 0) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (PEM_read_bio(in.get(), &name, &header, &data, &size) != 1) continue;
    blocks.push_back({textOf(name),
                      std::string(reinterpret_cast<char*>(data), static_cast<std::size_t>(size)),
                      !textOf(header).empty()});
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }
  ERR_clear_error();
  return blocks;
}

std::string typesOf(const std::vector<PemBlock>& blocks) {
  std::vector<std::string_view> types;
  types.reserve(blocks.size());
  for (const PemBlock& block : blocks)
    types.emplace_back(block.type);
  return fmt::format("[{}]", fmt::join(types, " "));
}

X509Ptr parseCertificate(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  return certificate;
}

KeyPtr parseKey(const PemBlock& block) {
  const auto* at = reinterpret_cast<const unsigned char*>(block.der.data());
  KeyPtr key;
  if (!block.has_header) {
    key.reset(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(block.der.size())));
  }
  ERR_clear_error();
  return key;
}

// The chain, the server's own certificate first.
Result<std::vector<std::string>, Error> readChain(const std::string& text) {
  const std::vector<PemBlock> blocks = readPem(text);
  std::vector<std::string> chain;
  for (const PemBlock& block : blocks) {
    if (block.type == PEM_STRING_X509) chain.push_back(block.der);
  }
  if (!chain.empty()) return chain;
  if (blocks.empty()) return Error{"tls: failed to find any PEM data in certificate input"};
  if (blocks.size() == 1 && blocks.front().type.ends_with("PRIVATE KEY")) {
    return Error{
        "tls: failed to find certificate PEM data in certificate input, but did find a private "
        "key; PEM inputs may have been switched"};
  }
  return Error{
      fmt::format("tls: failed to find \"CERTIFICATE\" PEM block in certificate input after "
                  "skipping PEM blocks of the following types: {}",
                  typesOf(blocks))};
}

Result<PemBlock, Error> readKey(const std::string& text) {
  const std::vector<PemBlock> blocks = readPem(text);
  for (const PemBlock& block : blocks) {
    if (block.type == "PRIVATE KEY" || block.type.ends_with(" PRIVATE KEY")) return block;
  }
  if (blocks.empty()) return Error{"tls: failed to find any PEM data in key input"};
  if (blocks.size() == 1 && blocks.front().type == PEM_STRING_X509) {
    return Error{"tls: found a certificate rather than a key in the PEM for the private key"};
  }
  return Error{
      fmt::format("tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input "
                  "after skipping PEM blocks of the following types: {}",
                  typesOf(blocks))};
}

int curveOf(EVP_PKEY* key) {
  std::array<char, 64> name{};
  EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr);
  return OBJ_txt2nid(name.data());
}

// The reference's rules for the public key of a certificate it presents.
Result<void, Error> checkPublicKey(EVP_PKEY* key) {
  const int type = key == nullptr ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key);
  if (type == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) < kMinRsaBits) {
    return Error{fmt::format("tls: RSA keys of less than {} bits are insecure: this one has {}",
                             kMinRsaBits, EVP_PKEY_get_bits(key))};
  }
  if (type != EVP_PKEY_EC) return {};
  switch (curveOf(key)) {
    case NID_X9_62_prime256v1:
    case NID_secp384r1:
    case NID_secp521r1: return {};
    case NID_secp224r1: return Error{"tls: unsupported certificate curve (P-224)"};
    default: return Error{"x509: unsupported elliptic curve"};
  }
}

bool isKeyKind(const EVP_PKEY* key) {
  constexpr std::array kKinds{EVP_PKEY_RSA, EVP_PKEY_EC, EVP_PKEY_ED25519};
  return key != nullptr &&
         std::find(kKinds.begin(), kKinds.end(), EVP_PKEY_get_base_id(key)) != kKinds.end();
}

Result<void, Error> loadPair(TlsOptions::KeyPair& pair) {
  const auto cert_text = readFile(pair.cert_file);
  if (!cert_text) return cert_text.error();
  const auto key_text = readFile(pair.key_file);
  if (!key_text) return key_text.error();
  auto chain = readChain(*cert_text);
  if (!chain) return chain.error();
  auto key_block = readKey(*key_text);
  if (!key_block) return key_block.error();

  const auto is_certificate = [](const std::string& der) {
    return parseCertificate(der) != nullptr;
  };
  if (!std::all_of(chain->begin(), chain->end(), is_certificate)) {
    return Error{"x509: malformed certificate"};
  }
  const X509Ptr own = parseCertificate(chain->front());
  EVP_PKEY* const public_key = X509_get0_pubkey(own.get());
  if (auto checked = checkPublicKey(public_key); !checked) return checked;
  const KeyPtr key = parseKey(*key_block);
  if (!isKeyKind(key.get())) return Error{"tls: failed to parse private key"};
  if (public_key == nullptr ||
      EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_get_base_id(public_key)) {
    return Error{"tls: private key type does not match public key type"};
  }
  if (EVP_PKEY_eq(key.get(), public_key) != 1) {
    return Error{"tls: private key does not match public key"};
  }
  pair.chain = std::move(*chain);
  pair.key = std::move(key_block->der);
  return {};
}

// As the reference, counts what can be read: a bundle may hold more than certificates.
Result<std::vector<std::string>, Error> loadRoots(const std::string& ca_file) {
  const auto text = readFile(ca_file);
  if (!text) return text.error();
  std::vector<std::string> roots;
  for (PemBlock& block : readPem(*text)) {
    const bool is_plain = block.type == PEM_STRING_X509 && !block.has_header;
    if (is_plain && parseCertificate(block.der) != nullptr) roots.push_back(std::move(block.der));
  }
  if (roots.empty()) return Error{"failed to parse root ca certificate"};
  return roots;
}

}  // namespace

Result<void, Error> loadTlsFiles(TlsOptions& tls) {
  for (std::size_t i = 0; i < tls.certificates.size(); ++i) {
    TlsOptions::KeyPair& pair = tls.certificates[i];
    if (pair.key_file.empty()) return Error{"missing 'key_file' in TLS configuration"};
    if (pair.cert_file.empty()) return Error{"missing 'cert_file' in TLS configuration"};
    const auto loaded = loadPair(pair);
    if (loaded) continue;
    const std::string which =
        tls.is_certificate_list ? fmt::format(" {}/{}", i + 1, tls.certificates.size()) : "";
    return Error{
        fmt::format("error parsing X509 certificate/key pair{}: {}", which, loaded.error().text)};
  }
  if (tls.ca_file.empty()) return {};
  auto roots = loadRoots(tls.ca_file);
  if (!roots) return roots.error();
  tls.roots = std::move(*roots);
  return {};
}

}  // namespace gannet::config
