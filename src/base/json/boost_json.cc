// Boost.JSON is compiled once, here (its header-only mode).
#include <boost/json/src.hpp>
