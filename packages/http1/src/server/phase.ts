/** Where a connection is with its requests. */
export type Phase =
  | 'head' //    between requests or within a head
  | 'busy' //    a request was handed over and is not answered in full
  | 'drop' //    answered; the rest of its body is dropped before the next request
  | 'linger' //  answered for the last time; what still comes is dropped
  | 'closed'

/** The same for those who watch a server: a connection that left HTTP, such as a WebSocket, is `busy` until it ends. */
export type ConnectionState =
  | 'idle' //     nothing has come of a request, or of another
  | 'reading' //  a part of a head has come
  | 'busy'
  | 'closing' //  answered for the last time, and waited for

export function stateOf(phase: Phase, isWithinHead: boolean): ConnectionState {
  if (phase === 'head') return isWithinHead ? 'reading' : 'idle'
  return phase === 'linger' || phase === 'closed' ? 'closing' : 'busy'
}
