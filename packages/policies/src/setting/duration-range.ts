import { Duration, isDuration } from '@portcullis/kernel/duration'
import { duration } from '@portcullis/kernel/schema'

/** A duration that is neither shorter nor longer than these, and whole in seconds. */
export function wholeSeconds(shortest: string, longest: string) {
  const [least, most] = [Duration.parse(shortest).seconds, Duration.parse(longest).seconds]
  // What is no duration at all has been said by `duration` already.
  return duration().refine(
    (text) => !isDuration(text) || isWithin(Duration.parse(text).seconds, least, most),
    `a whole number of seconds from ${shortest} to ${longest}`,
  )
}

/** A duration that is neither shorter nor longer than these. */
export function durationWithin(shortest: string, longest: string) {
  const [least, most] = [Duration.parse(shortest).milliseconds, Duration.parse(longest).milliseconds]
  return duration().refine((text) => {
    if (!isDuration(text)) return true
    const { milliseconds } = Duration.parse(text)
    return milliseconds >= least && milliseconds <= most
  }, `from ${shortest} to ${longest}`)
}

function isWithin(seconds: number, least: number, most: number): boolean {
  return Number.isInteger(seconds) && seconds >= least && seconds <= most
}
