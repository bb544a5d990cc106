import type { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Body } from '@portcullis/policy-kit/message/reply'
import { gatewayFaults } from '../fault.ts'
import type { ForwardedReply, OutgoingRequest } from '../forwarder/forwarder.ts'
import { grpcStatus, statusFields } from './grpc-status.ts'
import { base64Of, bytesOfBase64 } from './grpc-web-text.ts'
import { isGrpc } from './is-grpc.ts'

/**
 * gRPC-Web: what browsers speak, who can neither read trailers nor send more than one message. Its messages are those of
 * gRPC; a last frame has what gRPC says in trailers; `-text` is all of that in base64
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md).
 */
export interface GrpcWeb {
  readonly isText: boolean
  /** What messages are written in, with its `+`; empty where it is not said. */
  readonly encoding: string
}

const TYPE = /^application\/grpc-web(-text)?(\+[a-z0-9.-]{1,32})? *(?:;|$)/i

/** Undefined for what is no gRPC-Web. */
export function readGrpcWeb(headers: HeaderList): GrpcWeb | undefined {
  const found = TYPE.exec(headers.get('content-type') ?? '')
  return found === null ? undefined : { isText: found[1] !== undefined, encoding: found[2] ?? '' }
}

export function grpcWebType({ isText, encoding }: GrpcWeb): string {
  return `application/grpc-web${isText ? '-text' : ''}${encoding}`
}

const ASKED = new Set(['content-type', 'content-length', 'accept', 'x-grpc-web'])

/** The call as gRPC, for a backend that speaks that. */
export function asGrpcRequest(request: OutgoingRequest, web: GrpcWeb): OutgoingRequest {
  const headers = request.headers.copy()
  headers.removeIf((name) => ASKED.has(name))
  headers.append('content-type', `application/grpc${web.encoding}`)
  const { body } = request
  return { ...request, headers, body: web.isText && body !== undefined ? bytesOfBase64(body) : body }
}

const ANSWERED = new Set(['content-type', 'content-length'])
const IN_TRAILERS = new Set(['grpc-status', 'grpc-message', 'grpc-status-details-bin'])

/** A reply of gRPC as gRPC-Web has it; any other is left as it is. `signal` tells why it broke off, where it does. */
export function asGrpcWebReply(
  reply: ForwardedReply,
  web: GrpcWeb,
  signal: OutgoingRequest['signal'],
): ForwardedReply {
  if (reply.status !== 200 || !isGrpc(reply.headers.flat())) return reply
  const fields = reply.headers.flat()
  const early = fields.filter((_, i) => IN_TRAILERS.has((fields[i - (i % 2)] as string).toLowerCase()))
  const headers = reply.headers.copy()
  headers.removeIf((name) => ANSWERED.has(name) || IN_TRAILERS.has(name))
  headers.append('Content-Type', grpcWebType(web))

  async function* frames(): AsyncGenerator<Uint8Array> {
    let behind: readonly string[]
    try {
      if (reply.body instanceof Uint8Array) yield reply.body
      else if (reply.body !== undefined) yield* reply.body
      behind = withStatus([...early, ...(reply.trailers?.() ?? [])])
    } catch {
      behind = brokenOff(signal.reason)
    }
    yield trailerFrame(behind)
  }

  return { status: 200, headers, body: web.isText ? base64Of(frames()) : frames() }
}

/** A reply without messages: a status and nothing else. */
export function grpcWebStatus(web: GrpcWeb, fields: readonly string[]): Body {
  const frame = trailerFrame(fields)
  return web.isText ? Buffer.from(frame.toString('base64'), 'latin1') : frame
}

/** A backend that ends without a status said nothing of how it went. */
function withStatus(fields: readonly string[]): readonly string[] {
  const hasStatus = fields.some((each, i) => i % 2 === 0 && each.toLowerCase() === 'grpc-status')
  return hasStatus ? fields : [...fields, ...statusFields(grpcStatus.unknown, 'The backend gave no status.')]
}

function brokenOff(reason: unknown): readonly string[] {
  return gatewayFaults['deadline-exceeded'].is(reason)
    ? statusFields(grpcStatus.deadlineExceeded, 'The call took longer than its caller gave it.')
    : statusFields(grpcStatus.unavailable, 'The backend broke off.')
}

const IS_TRAILER = 0x80
const FRAME_HEAD_BYTES = 5

/** The last frame: its mark, its length, and fields as HTTP/1.1 writes them, names in lower case. */
function trailerFrame(fields: readonly string[]): Buffer {
  let text = ''
  for (let i = 0; i < fields.length; i += 2) {
    text += `${(fields[i] as string).toLowerCase()}: ${fields[i + 1]}\r\n`
  }
  const frame = Buffer.alloc(FRAME_HEAD_BYTES + text.length)
  frame.writeUInt8(IS_TRAILER, 0)
  frame.writeUInt32BE(text.length, 1)
  frame.write(text, FRAME_HEAD_BYTES, 'latin1')
  return frame
}
