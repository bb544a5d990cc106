import { changed, type Soon } from '@portcullis/kernel/later'
import { LightSignal } from '@portcullis/kernel/signal'
import type { EndReason } from '@portcullis/model/decision/ending'
import { discardBody } from '@portcullis/policy-kit/body/body-ahead'
import type { IncomingRequest } from '@portcullis/policy-kit/exchange'
import type { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Body, Reply } from '@portcullis/policy-kit/message/reply'
import { gatewayFaults } from '../fault.ts'
import type { Door } from '../listener/listener.ts'
import { readProblem, sayProblem } from '../listener/read-problem.ts'
import { closeWord } from '../standing/close-word.ts'
import { ReplyEnded } from '../standing/long-reply.ts'
import { grpcStatus, grpcStatusOf, statusFields } from './grpc-status.ts'
import { readGrpcTimeout } from './grpc-timeout.ts'
import { type GrpcWeb, grpcWebStatus, grpcWebType, readGrpcWeb } from './grpc-web.ts'
import { isGrpc } from './is-grpc.ts'

/**
 * Before a door, what callers of gRPC expect: their deadline bounds the call, and whatever is no reply of gRPC, such as
 * a refusal, becomes one that has a status and no messages; likewise for gRPC-Web. Calls of anything else pass as they
 * are.
 */
export function grpcDoor(door: Door): Door {
  function handle(request: IncomingRequest): Soon<Reply> {
    const web = readGrpcWeb(request.headers)
    if (web === undefined && !isGrpc(request.headers.flat())) return door.handle(request)
    const asCaller = (reply: Reply, deadline: Deadline | undefined): Reply =>
      web === undefined ? asGrpc(reply, deadline) : asGrpcWeb(reply, deadline, web)
    const stated = request.headers.get('grpc-timeout')
    const millis = stated === undefined ? undefined : readGrpcTimeout(stated)
    if (stated !== undefined && millis === undefined) {
      const detail = 'grpc-timeout must be digits, eight at most, and one of H, M, S, m, u and n.'
      return asCaller(door.refuse(gatewayFaults['malformed-request']({ detail }), request.method), undefined)
    }
    const deadline = millis === undefined ? undefined : new Deadline(request, millis)
    const reply = door.handle(deadline === undefined ? request : withSignal(request, deadline.signal))
    return changed(reply, (found) => asCaller(found, deadline))
  }
  return { handle, refuse: door.refuse }
}

/** The time that a caller gives a call, and the caller's own signal. */
class Deadline {
  readonly signal = new LightSignal()
  isOver = false
  readonly #timer: NodeJS.Timeout
  readonly #caller: IncomingRequest['signal']

  constructor({ signal }: IncomingRequest, millis: number) {
    this.#caller = signal
    signal.addEventListener('abort', this)
    this.#timer = setTimeout(() => {
      this.isOver = true
      this.release()
      this.signal.abort(gatewayFaults['deadline-exceeded']())
    }, millis)
  }

  handleEvent(): void {
    this.release()
    this.signal.abort(this.#caller.reason)
  }

  release(): void {
    clearTimeout(this.#timer)
    this.#caller.removeEventListener('abort', this)
  }
}

function withSignal(request: IncomingRequest, signal: LightSignal): IncomingRequest {
  const { method, target, headers, remoteAddress, scheme, tls, body, trailers, acceptsTrailers } = request
  return {
    method,
    target,
    headers,
    remoteAddress,
    signal,
    tls,
    trailers,
    acceptsTrailers,
    ...(scheme !== undefined && { scheme }),
    ...(body !== undefined && { body }),
  }
}

function asGrpc(reply: Reply, deadline: Deadline | undefined): Reply {
  if (reply.status === 200 && isGrpc(reply.headers.flat())) return endingWithStatus(reply, deadline)
  deadline?.release()
  return withoutMessages(reply)
}

/** A reply of gRPC whose stream breaks off ends with a status that says so, and not in the middle. */
function endingWithStatus(reply: Reply, deadline: Deadline | undefined): Reply {
  const { body, trailers } = reply
  if (body === undefined || body instanceof Uint8Array) {
    deadline?.release()
    return reply
  }
  let broken: readonly string[] | undefined

  async function* messages(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* pieces
    } catch (thrown) {
      broken =
        deadline?.isOver === true
          ? statusFields(grpcStatus.deadlineExceeded, 'The call took longer than its caller gave it.')
          : whyBroken(thrown)
    } finally {
      deadline?.release()
    }
  }

  return { ...reply, body: messages(body), trailers: () => broken ?? trailers?.() ?? [] }
}

/** What ended is told with the status that would meet whoever began anew. */
const ended: Readonly<Partial<Record<EndReason, keyof typeof grpcStatus>>> = {
  'token-expired': 'unauthenticated',
  'token-revoked': 'unauthenticated',
  'subscription-gone': 'permissionDenied',
  disconnected: 'permissionDenied',
}

function whyBroken(thrown: unknown): string[] {
  if (!(thrown instanceof ReplyEnded)) return statusFields(grpcStatus.unavailable, 'The backend broke off.')
  const [, why] = closeWord(thrown.reason)
  return statusFields(grpcStatus[ended[thrown.reason] ?? 'unavailable'], why)
}

/** Fields that speak of the content that is left out. */
const OF_CONTENT = new Set(['content-type', 'content-length', 'content-encoding', 'cache-control'])

/** `Trailers-Only` of the protocol: everything in one block of fields, with HTTP's 200. */
function withoutMessages(reply: Reply): Reply {
  const headers = withoutContent(reply, 'application/grpc')
  const [, value, , message] = statusOf(reply)
  headers.append('grpc-status', value)
  headers.append('grpc-message', message)
  // That giving up what nobody reads fails is as good as that.
  discardBody(reply.body as Body | undefined).catch(() => undefined)
  return { status: 200, headers, body: undefined }
}

/** What we refuse becomes a status that a browser can read. What a backend says in its own words is left to it. */
function asGrpcWeb(reply: Reply, deadline: Deadline | undefined, web: GrpcWeb): Reply {
  if (readProblem(reply) === undefined) {
    const { body } = reply
    if (deadline === undefined || body === undefined || body instanceof Uint8Array) {
      deadline?.release()
      return reply
    }
    return { ...reply, body: releasing(body, deadline) }
  }
  deadline?.release()
  return {
    status: 200,
    headers: withoutContent(reply, grpcWebType(web)),
    body: grpcWebStatus(web, statusOf(reply)),
  }
}

async function* releasing(pieces: AsyncIterable<Uint8Array>, deadline: Deadline): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces
  } finally {
    deadline.release()
  }
}

function withoutContent({ headers }: Reply, type: string): HeaderList {
  const left = headers.copy()
  left.removeIf((name) => OF_CONTENT.has(name))
  left.append('Content-Type', type)
  return left
}

/** What a reply of plain HTTP says, as a status of gRPC. */
function statusOf(reply: Reply): [string, string, string, string] {
  const problem = readProblem(reply)
  const isLate = problem?.code === gatewayFaults['deadline-exceeded'].code
  const code = isLate ? grpcStatus.deadlineExceeded : grpcStatusOf(reply.status)
  return statusFields(code, (problem && sayProblem(problem)) ?? `HTTP status ${reply.status}`)
}
