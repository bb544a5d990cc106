/** Statuses of gRPC that a gateway has reason to say. */
export const grpcStatus = {
  unknown: 2,
  deadlineExceeded: 4,
  permissionDenied: 7,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

/** What a reply of plain HTTP means to gRPC, as its documents map them (HTTP to gRPC Status Code Mapping). */
export function grpcStatusOf(status: number): number {
  switch (status) {
    case 400:
      return grpcStatus.internal
    case 401:
      return grpcStatus.unauthenticated
    case 403:
      return grpcStatus.permissionDenied
    case 404:
      return grpcStatus.unimplemented
    case 429:
    case 502:
    case 503:
    case 504:
      return grpcStatus.unavailable
    default:
      return grpcStatus.unknown
  }
}

/** A status as fields have it. */
export function statusFields(code: number, text: string): [string, string, string, string] {
  return ['grpc-status', String(code), 'grpc-message', grpcMessage(text)]
}

/** A text as `grpc-message` has it: all but printable ASCII, and the percent sign, as encoded bytes of UTF-8. */
export function grpcMessage(text: string): string {
  let encoded = ''
  for (const byte of Buffer.from(text, 'utf8')) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded.trim()
}
