# Which build of `_arithmetic.pyx` this machine runs. setup.py names the builds, and the flags of each.

from importlib import import_module

cdef extern from *:
    """
    #if defined(__x86_64__)
    static int haven_runs_avx512vnni(void) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("fma");
    }
    static int haven_runs_avx2(void) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
    #else
    static int haven_runs_avx512vnni(void) { return 0; }
    static int haven_runs_avx2(void) { return 0; }
    #endif

    #if defined(__aarch64__) && defined(__linux__)
    #include <sys/auxv.h>
    #include <asm/hwcap.h>
    static int haven_runs_neon_dotprod(void) { return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0; }
    #else
    static int haven_runs_neon_dotprod(void) { return 0; }
    #endif

    #if defined(__x86_64__)
    #define HAVEN_BASELINE "x86_64"
    #elif defined(__aarch64__)
    #define HAVEN_BASELINE "neon"
    #else
    #define HAVEN_BASELINE "portable"
    #endif
    """
    bint haven_runs_avx512vnni()
    bint haven_runs_avx2()
    bint haven_runs_neon_dotprod()
    const char* HAVEN_BASELINE


def isas():
    better = {
        "avx512vnni": haven_runs_avx512vnni(),
        "avx2": haven_runs_avx2(),
        "neon_dotprod": haven_runs_neon_dotprod(),
    }
    return (*(name for name, runs in better.items() if runs), HAVEN_BASELINE.decode())


def isa():
    return isas()[0]


def choose(name=None):
    if name is None:
        name = isa()
    elif name not in isas():
        raise ValueError(f"isa: wanted one of {', '.join(isas())}, which run here, got {name!r}")
    return name, import_module(f"haven_core._arithmetic_{name}").BUILD
