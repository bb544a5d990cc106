/** What can lie between a caller and the backend; each has all that the one before it has. */
export const layers = [
  {
    name: 'sockets',
    does: 'the least that sockets of Node allow: bytes are carried, without limits, times or fields',
  },
  { name: 'engine', does: 'server and client of `packages/http1`' },
  {
    name: 'forwarding',
    does: "with the gateway's listener and forwarder, and the fields that state who calls",
  },
  { name: 'pipeline', does: 'with route, steps and metrics; records are not taken' },
  { name: 'records', does: 'with decision records, written as JSON and thrown away' },
] as const
export type LayerName = (typeof layers)[number]['name']
