import { type Counters, countersFaults } from './port.ts'

/** Counters whose engine is away, for tests of what fails closed: every question is answered by that. */
export function awayCounters(
  answer: () => never | Promise<never> = () => Promise.reject(countersFaults.unavailable()),
): Counters {
  return { take: answer, takeAll: answer, hold: answer, close: () => Promise.resolve() }
}
