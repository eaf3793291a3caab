// Owns: fixed-size buffers that forget the oldest entry.
// Knows nothing of: time, units and who reads them.

export interface Ring<T> {
  readonly capacity: number;
  readonly length: number;
  push(value: T): void;
  /** The entry at `index`, 0 being the oldest kept; negative counts from the newest (-1). undefined outside. */
  at(index: number): T | undefined;
  /** The newest `count` entries (all when absent), oldest first. */
  last(count?: number): T[];
  clear(): void;
}

/** A ring of any values; an overwritten or cleared entry is no longer referenced. */
export function createRing<T>(capacity: number): Ring<T> {
  const slots: (T | undefined)[] = new Array(checkedCapacity(capacity)).fill(undefined);
  let next = 0;
  let length = 0;
  const at = (index: number): T | undefined => {
    const position = index < 0 ? length + index : index;
    if (position < 0 || position >= length) return undefined;
    return slots[(next - length + position + capacity) % capacity];
  };
  return {
    capacity,
    get length() {
      return length;
    },
    push(value) {
      slots[next] = value;
      next = (next + 1) % capacity;
      if (length < capacity) length++;
    },
    at,
    last(count = length) {
      const wanted = Math.max(0, Math.min(count, length));
      return Array.from({ length: wanted }, (_, i) => at(length - wanted + i) as T);
    },
    clear() {
      next = 0;
      length = 0;
      slots.fill(undefined);
    },
  };
}

function checkedCapacity(capacity: number): number {
  if (!Number.isInteger(capacity) || capacity < 1)
    throw new RangeError(`a ring needs a capacity of 1 or more, not ${capacity}`);
  return capacity;
}
