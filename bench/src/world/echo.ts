/** What is said over and over on a WebSocket: one message of 1 KB, and the same from the other side. */
export const ECHO_PATH = '/echo/v1/socket'
const PAYLOAD_BYTES = 1_024
const MASK = [7, 8, 9, 10]

/** As a client sends it, masked (RFC 6455 §5.2). Of the payload only the length counts. */
export const echoRequest = Buffer.from([
  0x82,
  0xfe,
  PAYLOAD_BYTES >> 8,
  PAYLOAD_BYTES & 255,
  ...MASK,
  ...fill(),
])

/** As a server says it back. */
export const echoReply = Buffer.from([0x82, 0x7e, PAYLOAD_BYTES >> 8, PAYLOAD_BYTES & 255, ...fill()])

function fill(): number[] {
  return Array.from({ length: PAYLOAD_BYTES }, (_, i) => i & 127)
}

export const echoOffer = [
  `GET ${ECHO_PATH} HTTP/1.1`,
  'Host: api.example',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n')
