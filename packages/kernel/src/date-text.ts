// Many are written within one second, and even within one millisecond: what is kept of them may hold one text.
let writtenMillis = Number.NaN
let written = ''
let begunSecond = Number.NaN
let beginning = ''

/**
 * A moment as `Date.prototype.toISOString` writes it (RFC 3339, UTC), which is dear where it is done for every request.
 *
 * @param millis Since the epoch.
 * @throws RangeError for what is no moment.
 */
export function dateText(millis: number): string {
  if (millis === writtenMillis) return written
  const second = Math.floor(millis / 1000)
  if (second !== begunSecond) {
    beginning = new Date(second * 1000).toISOString().slice(0, -'000Z'.length)
    begunSecond = second
  }
  written = `${beginning}${String(1000 + Math.floor(millis - second * 1000)).slice(1)}Z`
  writtenMillis = millis
  return written
}
