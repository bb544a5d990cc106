/**
 * One end of a connection, or of a stream of HTTP/2, that has left HTTP (RFC 9110 §7.8, RFC 8441): bytes both ways, as they
 * come. Nothing is read before it is opened; bytes that came ahead are kept until then.
 */
export interface Tunnel {
  /** Begins to tell; once. */
  open(events: TunnelEvents): void
  /** The bytes may be overwritten afterwards. False asks to wait for `onRoom`. */
  write(bytes: Uint8Array): boolean
  /** Reads no more for now: what is not read waits with its sender. */
  pause(): void
  resume(): void
  /** Nothing more is written; what was written still goes. */
  end(): void
  /** Closes once what was written has gone; what comes is not waited for. */
  destroySoon(): void
  destroy(): void
  /** Tells, once, when it is gone. */
  whenOver(tell: () => void): void
}

export interface TunnelEvents {
  /** The bytes are valid during the call alone. */
  onBytes(bytes: Buffer): void
  /** What was written has been taken. */
  onRoom(): void
  /** The other side sends nothing more. */
  onEnd(): void
  /** It is gone; always the last word. */
  onClose(): void
}
