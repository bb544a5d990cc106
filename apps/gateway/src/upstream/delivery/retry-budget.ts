/**
 * How many retries an upstream has left, in hundredths of one. Every call earns a part of a retry, every retry takes
 * a whole one: so retries are at most a share of the calls, however many fail. (As in Finagle's `RetryBudget`.)
 */
export type RetryBudget = number

/** Ten, so that a few first failures find something. */
export const initialBudget: RetryBudget = 1_000

/** A long good time does not save up for a storm. */
const MOST: RetryBudget = 10_000
const ONE_RETRY = 100

export function afterCall(budget: RetryBudget, budgetPercent: number): RetryBudget {
  return Math.min(MOST, budget + budgetPercent)
}

/** What is left after a retry, or `undefined` where there is not enough for one. */
export function spendRetry(budget: RetryBudget): RetryBudget | undefined {
  return budget < ONE_RETRY ? undefined : budget - ONE_RETRY
}
