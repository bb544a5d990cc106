/**
 * Whether fields are those of a call or reply of gRPC, not of gRPC-Web: `application/grpc`, alone or with `+` and what
 * its messages are written in.
 */
export function isGrpc(fields: readonly string[]): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length !== 12 || name.toLowerCase() !== 'content-type') continue
    return isGrpcType(fields[i + 1] as string)
  }
  return false
}

const TYPE = 'application/grpc'

function isGrpcType(value: string): boolean {
  if (!value.startsWith(TYPE)) return false
  const next = value[TYPE.length]
  return next === undefined || next === '+' || next === ';'
}
