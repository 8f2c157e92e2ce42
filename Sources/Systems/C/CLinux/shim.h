// What Linux has beyond the C library's common part, which Swift's Glibc module leaves out.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

// Variadic in C, which Swift cannot call.
static inline int ratchet_name_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }
