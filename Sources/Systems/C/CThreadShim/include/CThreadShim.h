// Nothing to call: the library only stands in for C11 threads when the thread sanitizer watches.
#pragma once
