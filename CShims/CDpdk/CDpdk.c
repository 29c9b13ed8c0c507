#include "CDpdk.h"
