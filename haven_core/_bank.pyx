# Whose memory lies where. An identity's slot is the same in all signals; a removed one's is filled by the last, so that
# slots stay without gaps. Growing means hanging the same pages elsewhere: no row is copied, and nothing is built anew.

import numpy as np

from haven_core._isa import choose
from haven_core.packing import HEADER, RECORD, pack, read_header

from libc.stdint cimport int64_t

from haven_core._input cimport as_unit
from haven_core._kernels cimport WIDEST
from haven_core._signal cimport Record
from haven_core._typedefs cimport float32_t, float64_t

FIRST_CAPACITY = 16
LARGEST_MEMORY = 65536


cdef class Bank:
    """All of `PrototypeBank` but the search."""

    def __init__(self, dimensions, intp_t memory_size, isa=None):
        if not 1 <= memory_size <= LARGEST_MEMORY:
            raise ValueError(f"memory_size: wanted 1 to {LARGEST_MEMORY}, got {memory_size}")
        if not dimensions or any(not 0 <= dimension <= WIDEST for dimension in dimensions):
            raise ValueError(f"dimensions: wanted one length of 0 to {WIDEST} per signal, got {dimensions!r}")
        self.isa, self.build = choose(isa)
        self.dimensions = tuple(dimensions)
        self.memory_size = memory_size
        self.capacity = FIRST_CAPACITY
        self.signals = [Signal(dimension, memory_size, self.capacity, self.build) for dimension in self.dimensions]
        self.slots = {}
        self.ids = Table(sizeof(int64_t))
        self.ids.grow(self.capacity)

    def define(self, intp_t signal, intp_t dimension):
        if self.signal_at(signal).shelf.dimension != 0 or not 1 <= dimension <= WIDEST:
            raise ValueError(f"signal {signal}: wanted an unused one and a length of 1 to {WIDEST}, got {dimension}")
        self.signals[signal] = Signal(dimension, self.memory_size, self.capacity, self.build)
        self.dimensions = (*self.dimensions[:signal], dimension, *self.dimensions[signal + 1 :])

    def __len__(self):
        return self.count

    def __contains__(self, global_id):
        return global_id in self.slots

    def add(self, int64_t global_id):
        if global_id in self.slots:
            raise ValueError(f"identity {global_id} is in the bank already")
        if self.count == self.capacity:
            self._grow()
        (<int64_t*>self.ids.data)[self.count] = global_id
        self.slots[global_id] = self.count
        self.count += 1

    def remove(self, global_id):
        cdef intp_t slot = self.slot_of(global_id), last = self.count - 1
        cdef int64_t* ids = <int64_t*>self.ids.data
        cdef Signal signal
        for signal in self.signals:
            signal.clear(slot)
            if slot != last:
                signal.move(last, slot)
        ids[slot] = ids[last]
        self.slots[ids[slot]] = slot
        del self.slots[global_id]
        self.count = last

    def merge(self, target, source):
        cdef intp_t into = self.slot_of(target), slot = self.slot_of(source)
        cdef Signal signal
        if into == slot:
            raise ValueError(f"merge: wanted two identities, got {target} twice")
        for number, signal in enumerate(self.signals):
            together = signal.shelf.used[into] + signal.shelf.used[slot]
            if together > self.memory_size:
                raise ValueError(
                    f"merge: wanted at most {self.memory_size} prototypes in signal {number}, "
                    f"got {together} of identities {target} and {source}: drop some first"
                )
        for signal in self.signals:
            signal.absorb(into, slot)
        self.remove(source)

    def used(self, intp_t signal, global_id):
        return self.signal_at(signal).shelf.used[self.slot_of(global_id)]

    def total(self, intp_t signal):
        return self.signal_at(signal).total

    def put(self, intp_t signal, global_id, intp_t position, vector, embedding_id=0, captured_at=0, quality=0.0):
        cdef Signal remembered = self.signal_at(signal)
        cdef intp_t slot = self.slot_of(global_id), last = min(remembered.shelf.used[slot], self.memory_size - 1)
        cdef const float32_t[::1] checked = as_unit(vector, remembered.shelf.dimension, f"prototype of signal {signal}")
        cdef Record record = Record(embedding_id, captured_at, quality)
        if not 0 <= position <= last:
            raise ValueError(f"position: wanted 0 to {last}, got {position}")
        remembered.write(slot, position, &checked[0], record)

    def drop(self, intp_t signal, global_id, intp_t position):
        cdef Signal remembered = self.signal_at(signal)
        cdef intp_t slot = self.slot_of(global_id)
        if not 0 <= position < remembered.shelf.used[slot]:
            raise ValueError(f"position: wanted less than {remembered.shelf.used[slot]} used rows, got {position}")
        remembered.drop(slot, position)

    def expire(self, intp_t signal, global_id, int64_t before_ns):
        return self.signal_at(signal).expire(self.slot_of(global_id), before_ns)

    def oldest(self, intp_t signal, global_id):
        cdef Signal remembered = self.signal_at(signal)
        cdef intp_t slot = self.slot_of(global_id)
        return remembered.oldest(slot) if remembered.shelf.used[slot] else None

    def prototypes(self, intp_t signal, global_id):
        cdef Signal remembered = self.signal_at(signal)
        cdef intp_t slot = self.slot_of(global_id)
        return remembered.copy_vectors(slot, 0, remembered.shelf.used[slot])

    def records(self, intp_t signal, global_id):
        return np.frombuffer(self.signal_at(signal).copy_records(self.slot_of(global_id)), RECORD)

    def set_mean(self, intp_t signal, global_id, vector):
        cdef Signal remembered = self.signal_at(signal)
        cdef const float32_t[::1] checked = as_unit(vector, remembered.shelf.dimension, f"mean of signal {signal}")
        remembered.set_mean(self._remembered(signal, global_id), &checked[0])

    def move_mean(self, intp_t signal, global_id, vector, float64_t alpha):
        cdef Signal remembered = self.signal_at(signal)
        cdef const float32_t[::1] checked = as_unit(vector, remembered.shelf.dimension, f"view of signal {signal}")
        if not 0 < alpha <= 1:
            raise ValueError(f"alpha: wanted more than 0 and at most 1, got {alpha}")
        remembered.move_mean(self._remembered(signal, global_id), &checked[0], alpha)
        return self.mean(signal, global_id)

    def mean(self, intp_t signal, global_id):
        cdef Signal remembered = self.signal_at(signal)
        cdef intp_t slot = self.slot_of(global_id)
        return remembered.copy_vectors(slot, self.memory_size, 1)[0] if remembered.shelf.averaged[slot] else None

    def pack(self, intp_t signal, global_id):
        return pack(
            self.records(signal, global_id), self.prototypes(signal, global_id), self.mean(signal, global_id)
        )

    def unpack(self, intp_t signal, global_id, const unsigned char[::1] data not None):
        cdef Signal remembered = self.signal_at(signal)
        cdef intp_t slot = self.slot_of(global_id), count, averaged, dimension, start, fault
        count, averaged, dimension = read_header(memoryview(data))
        if dimension != remembered.shelf.dimension or count > self.memory_size or averaged > min(count, 1):
            raise ValueError(
                f"packed signal {signal}: wanted at most {self.memory_size} prototypes and one mean of length "
                f"{remembered.shelf.dimension}, got {count} and {averaged} of length {dimension}"
            )
        start = HEADER.size + count * sizeof(Record)
        cdef intp_t size = start + (count + averaged) * dimension * <intp_t>sizeof(float32_t)
        if data.shape[0] < size:
            raise ValueError(f"packed signal {signal}: wanted {size} bytes, got {data.shape[0]}")
        cdef const char* values = <const char*>&data[0]
        with nogil:
            fault = remembered.load(slot, count, averaged, values + start - count * sizeof(Record), values + start)
        if fault >= 0:
            raise ValueError(f"packed signal {signal}: wanted vectors of unit norm, vector {fault} is not")

    def _grow(self):
        cdef Signal signal
        for signal in self.signals:
            signal.grow(2 * self.capacity)
        self.ids.grow(2 * self.capacity)
        self.capacity *= 2

    def _remembered(self, intp_t signal, global_id):
        slot = self.slot_of(global_id)
        if self.signal_at(signal).shelf.used[slot] == 0:
            raise ValueError(f"mean of signal {signal}: identity {global_id} has no prototype in it")
        return slot

    cdef Signal signal_at(self, intp_t signal):
        if not 0 <= signal < len(self.signals):
            raise ValueError(f"signal: wanted 0 to {len(self.signals) - 1}, got {signal}")
        return self.signals[signal]

    cdef intp_t slot_of(self, global_id) except -1:
        slot = self.slots.get(global_id)
        if slot is None:
            raise KeyError(f"identity {global_id} is not in the bank")
        return slot
