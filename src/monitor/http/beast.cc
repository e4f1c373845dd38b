// Beast is compiled once, here (its separate-compilation mode).
#include <boost/beast/src.hpp>
