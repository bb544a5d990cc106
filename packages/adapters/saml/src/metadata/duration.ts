import { refused } from '@portcullis/ports/assertions/statement'

const SECOND = 1_000
const DAY = 86_400 * SECOND
/** How long each part is; of months and years, that have no length, the shortest. */
const PARTS = [365 * DAY, 28 * DAY, DAY, 3_600 * SECOND, 60 * SECOND, SECOND]

/**
 * An `xs:duration` in milliseconds, such as `PT1H`. It is the shortest that it could mean.
 *
 * @throws assertions.refused for what is none
 */
export function durationMillis(text: string): number {
  const found =
    /^P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})D)?(?:T(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:\.\d{1,9})?S)?)?$/.exec(
      text,
    )
  const parts = found?.slice(1) ?? []
  if (parts.every((part) => part === undefined) || text.endsWith('T'))
    throw refused('a duration in it is none')
  return parts.reduce((sum, part, i) => sum + Number(part ?? 0) * (PARTS[i] ?? 0), 0)
}
