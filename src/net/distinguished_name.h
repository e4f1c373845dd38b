#pragma once

#include "base/result.h"

#include <string>
#include <vector>

using X509_NAME = struct X509_name_st;

namespace gannet::net {

// One attribute of a distinguished name.
struct NameAttribute {
  std::string type;   // a dotted object identifier: "2.5.4.3"
  std::string value;  // UTF-8, whatever string type the certificate has it in

  friend bool operator==(const NameAttribute&, const NameAttribute&) = default;
};

// The attributes that stand together between two commas of a name's text, at least one.
using RelativeName = std::vector<NameAttribute>;

// A distinguished name with its parts in the order of the encoding: the widest one first, as a
// rule, which is the reverse of the order in texts.
using DistinguishedName = std::vector<RelativeName>;

// The parts of `name`.
//
// Errors  A value that is no string, or whose bytes its string type does not allow, in the words of
//         Go's crypto/x509, which refuses a certificate with such a name.
[[nodiscard]] Result<DistinguishedName, Error> readName(const X509_NAME* name);

// The text of `name` as it stands: parts from the last to the first, separated by commas, the
// attributes of one part by '+'. The nine types that have a short name are shown by it (C, O, OU,
// CN, SERIALNUMBER, L, ST, STREET, POSTALCODE); others as OID=#hex, the DER of their value.
// Spec  accounts-and-auth §4
[[nodiscard]] std::string toText(const DistinguishedName& name);

// `name` with nothing but the nine types, in a fixed order whatever the certificate's was: all
// values of one type make one part; of several common names or serial numbers the last one counts,
// if it is not empty. The text of this is what `verify_and_map` compares.
[[nodiscard]] DistinguishedName knownParts(const DistinguishedName& name);

// The text in which people read the name of a certificate, as Go's pkix.Name prints it: the known
// parts, and behind them every other attribute, the last one first, each as a part of its own.
// Spec  monitoring §3.4
[[nodiscard]] std::string displayText(const DistinguishedName& name);

}  // namespace gannet::net
