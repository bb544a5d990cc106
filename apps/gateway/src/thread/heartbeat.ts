/**
 * The sign of life of a thread, in memory that both share: it costs neither side a message, and a thread that is caught in
 * a loop, which reads no messages either, stops giving it.
 */
export type Pulse = SharedArrayBuffer

const BEAT_MILLIS = 250
/** A quarter of what is asked for, so that a thread is called hung at most that much later. */
const LOOKS = 4

export function newPulse(): Pulse {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
}

/** Gives signs of life from now on. */
export function beat(pulse: Pulse): void {
  const beats = new Int32Array(pulse)
  setInterval(() => Atomics.add(beats, 0, 1), BEAT_MILLIS).unref()
}

/**
 * Calls `onHung` once when there was no sign of life for that long; gives back what ends the watch. It counts its own
 * looks, not the clock: after a machine was put aside, or while the watching thread is late itself, nobody is hung.
 */
export function watchPulse(pulse: Pulse, hungAfterMillis: number, onHung: () => void): () => void {
  const beats = new Int32Array(pulse)
  let last = Atomics.load(beats, 0)
  let still = 0
  const timer = setInterval(
    () => {
      const now = Atomics.load(beats, 0)
      still = now === last ? still + 1 : 0
      last = now
      if (still < LOOKS) return
      clearInterval(timer)
      onHung()
    },
    Math.max(BEAT_MILLIS, hungAfterMillis / LOOKS),
  ).unref()
  return () => clearInterval(timer)
}
