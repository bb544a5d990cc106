import { setFlagsFromString } from 'node:v8'

/** As V8 comes; a test compares. */
export const OPTIMIZED_BYTES = 61_440

/**
 * Keeps V8's greatest effort (TurboFan) from functions that are busy while a server starts and never again, such as those
 * that declare schemas: it took 25 MB for a moment, and pages of the compiler for as long as nobody calls. Holds for all
 * threads until `optimizeNow`. A number is all that changes: other threads may read it meanwhile.
 */
export function optimizeLater(): void {
  setFlagsFromString('--max-optimized-bytecode-size=0')
}

export function optimizeNow(): void {
  setFlagsFromString(`--max-optimized-bytecode-size=${OPTIMIZED_BYTES}`)
}
