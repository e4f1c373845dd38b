#include "base/json.h"

#include <boost/json/src.hpp>
