/** How long the backend may take for one call, in milliseconds; where one is absent the gateway's own counts. */
export interface Timeouts {
  /** Until there is a connection, a new one or one that was kept. */
  readonly connectMillis?: number | undefined
  /** From the end of the request to the head of the reply. */
  readonly firstByteMillis?: number | undefined
  /** Between two pieces of a body, of streams of events too. */
  readonly idleMillis?: number | undefined
  /** From when the call goes on to the backend to the end of the reply, all attempts together. */
  readonly wholeMillis?: number | undefined
}
