import type { Generations } from './port.ts'

const SLOTS = 4_096

/** Generations of one thread, for tests and for what runs in one thread alone. */
export function openMemoryGenerations(): Generations {
  const counts = new Uint32Array(SLOTS)
  return {
    of: (place) => counts[slotOf(place)] as number,
    bump(place) {
      const slot = slotOf(place)
      counts[slot] = (counts[slot] as number) + 1
    },
  }
}

/** FNV-1a. */
function slotOf(place: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < place.length; i++) hash = Math.imul(hash ^ place.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % SLOTS
}
