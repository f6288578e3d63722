from haven_core._typedefs cimport float32_t

cdef const float32_t[:, :, ::1] as_poses(given, float32_t least_score)
