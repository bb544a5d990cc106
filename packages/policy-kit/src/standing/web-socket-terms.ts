/** What may pass over a WebSocket (RFC 6455), and for how long. Sizes are those on the wire. */
export interface WebSocketTerms {
  /** Payload of one frame, either way. */
  readonly maxFrameBytes: number
  /** Payload of all frames of one message, either way. */
  readonly maxMessageBytes: number
  /** Frames that the caller may send in a second on average, and at once after a pause; control frames count. */
  readonly framesPerSecond: number
  /** Without a message either way. */
  readonly idleMillis: number
  readonly maxLifeMillis: number
  /** After so long a silence of one side it is asked whether it is still there, and after twice as long given up. */
  readonly pingMillis: number
  /** Whether permessage-deflate (RFC 7692) may be agreed upon between caller and backend. */
  readonly compression: boolean
}
