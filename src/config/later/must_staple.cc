#include "config/later/must_staple.h"

#include "config/language/read_file.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace gannet::config {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }

  void operator()(X509* certificate) const { X509_free(certificate); }
};

// A file that asks for a passphrase must not ask the terminal.
int noPassphrase(char* /*buffer*/, int /*size*/, int /*is_write*/, void* /*context*/) {
  return -1;
}

}  // namespace

bool mustStaple(const std::string& cert_file) {
  const auto text = readFile(cert_file);
  if (!text) return false;
  const std::unique_ptr<BIO, Free> bio(
      BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  const std::unique_ptr<X509, Free> certificate(
      PEM_read_bio_X509(bio.get(), nullptr, &noPassphrase, nullptr));
  ERR_clear_error();
  // The one feature that there is, status_request, is the one that is meant.
  return certificate != nullptr && X509_get_ext_by_NID(certificate.get(), NID_tlsfeature, -1) >= 0;
}

}  // namespace gannet::config
