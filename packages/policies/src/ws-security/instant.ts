/** An `xs:dateTime` in UTC, as WS-Security wants times (§10): milliseconds since the epoch; `undefined` for another text. */
export function instantOf(text: string): number | undefined {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,12})?(Z|\+00:00)$/.exec(text)
  if (parts === null) return undefined
  const millis = Date.parse(`${parts[1]}${(parts[2] ?? '').slice(0, 4)}Z`)
  return Number.isNaN(millis) ? undefined : millis
}
