/**
 * One end of a connection that has left HTTP (RFC 9110 §7.8): bytes both ways, as they come. Bytes that came ahead are
 * kept until it is opened, and nothing more is read meanwhile.
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
  /** Tells, once, when the connection is gone. */
  whenOver(tell: () => void): void
}

export interface TunnelEvents {
  /** The bytes are valid during the call alone. */
  onBytes(bytes: Buffer): void
  /** What was written has been taken. */
  onRoom(): void
  /** The other side sends nothing more. */
  onEnd(): void
  /** The connection is gone; always the last word. */
  onClose(): void
}
