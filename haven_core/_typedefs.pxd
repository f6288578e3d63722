# Number types that kernels share: C names for the dtypes callers pass.

ctypedef unsigned char uint8_t
ctypedef float float32_t
ctypedef double float64_t
ctypedef long long int64_t
ctypedef Py_ssize_t intp_t
