import type { Fault, FaultKind } from '@portcullis/kernel/fault'
import { HeaderList } from '@portcullis/policy-kit/header-list'
import type { Reply } from '@portcullis/policy-kit/reply'
import { Agent, type Dispatcher } from 'undici'
import { gatewayFaults } from './fault.ts'
import { isOfConnection, namedByConnection } from './field.ts'
import type { Forwarder, ForwarderLimits, OutgoingRequest } from './forwarder.ts'
import { StreamedBody } from './streamed-body.ts'
import { markUnsent } from './upstream/unsent.ts'

/** Opens a forwarder on undici's dispatcher, the cheapest of its doors: no streams, no header objects of our own. */
export function openUndiciForwarder(limits: ForwarderLimits): Forwarder {
  const agent = new Agent({
    connections: limits.maxConnectionsPerOrigin,
    pipelining: 1,
    allowH2: false,
    headersTimeout: limits.headTimeoutMillis,
    bodyTimeout: limits.bodyIdleTimeoutMillis,
    maxHeaderSize: limits.maxHeadBytes,
    strictContentLength: true,
    // Stated, so that no variable of the process environment can turn verification off.
    connect: { timeout: limits.connectTimeoutMillis, rejectUnauthorized: true },
  })
  return {
    forward(request) {
      return new Promise((resolve, reject) => {
        if (request.signal.aborted) reject(gatewayFaults['caller-gone']())
        else agent.dispatch(dispatchOptions(request), new Transfer(request.signal, resolve, reject))
      })
    },
    close: () => agent.destroy(),
  }
}

function dispatchOptions(request: OutgoingRequest): Dispatcher.DispatchOptions {
  const { headers, body } = request
  // Undici writes the Host of the origin.
  headers.remove('host')
  return {
    origin: request.origin,
    path: request.target,
    method: request.method,
    // Only read by undici.
    headers: headers.flat() as string[],
    // Any async iterable may be sent, whatever undici's types say.
    ...(body !== undefined && { body: body as Uint8Array }),
  }
}

/** One request on its way to the backend and the reply on its way back. */
class Transfer implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal
  readonly #resolve: (reply: Reply) => void
  readonly #reject: (fault: Fault) => void
  #controller: Dispatcher.DispatchController | undefined
  #reply: Reply | undefined
  #body: StreamedBody | undefined

  constructor(signal: AbortSignal, resolve: (reply: Reply) => void, reject: (fault: Fault) => void) {
    this.#signal = signal
    this.#resolve = resolve
    this.#reject = reject
    signal.addEventListener('abort', this.#giveUp)
  }

  /** The caller left. What still waits for a connection learns of it when it gets one. */
  readonly #giveUp = (): void => {
    this.#reject(gatewayFaults['caller-gone']())
    this.#controller?.abort(gatewayFaults['caller-gone']())
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#signal.aborted) controller.abort(gatewayFaults['caller-gone']())
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // Interim replies (RFC 9110 §15.2) are not passed on.
    if (status < 200) return
    this.#body = new StreamedBody({
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      abandon: () => controller.abort(gatewayFaults['caller-gone']()),
    })
    this.#reply = { status, headers: fieldsOf(controller.rawHeaders), body: this.#body }
    this.#resolve(this.#reply)
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#body?.push(chunk)
  }

  onResponseEnd(): void {
    this.#signal.removeEventListener('abort', this.#giveUp)
    const whole = this.#body?.end()
    // A short reply is here before anybody could look at its head: then it needs no stream at all.
    if (this.#reply !== undefined && this.#reply.body === this.#body && whole !== undefined) {
      this.#reply.body = whole.byteLength === 0 ? undefined : whole
    }
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#signal.removeEventListener('abort', this.#giveUp)
    const fault = faultOfUpstream(error)
    this.#body?.fail(fault)
    this.#reject(fault)
  }
}

/** The fields in the order and spelling of the wire, less those of the connection. */
function fieldsOf(raw: Dispatcher.DispatchController['rawHeaders']): HeaderList {
  const headers = new HeaderList()
  if (!Array.isArray(raw)) return headers
  for (let i = 0; i < raw.length; i += 2) {
    headers.append((raw[i] as Buffer).toString('latin1'), (raw[i + 1] as Buffer).toString('latin1'))
  }
  const named = namedByConnection(headers)
  headers.removeIf((name) => isOfConnection(name, named))
  return headers
}

const CONNECT_TIMEOUT = 'UND_ERR_CONNECT_TIMEOUT'
const timeouts = new Set([CONNECT_TIMEOUT, 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'])
const invalid = new Set([
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
])

function faultOfUpstream(error: NodeJS.ErrnoException): Fault {
  if (gatewayFaults['caller-gone'].is(error)) return error
  const code = error.code ?? ''
  const fault = kindOf(code)({ internal: `${code} ${error.message}`.trim(), cause: error })
  // What fails before there is a connection has sent nothing.
  const isBefore = error.syscall === 'connect' || error.syscall === 'getaddrinfo' || code === CONNECT_TIMEOUT
  return isBefore ? markUnsent(fault) : fault
}

function kindOf(code: string): FaultKind {
  if (timeouts.has(code)) return gatewayFaults['upstream-timeout']
  if (invalid.has(code) || code.startsWith('HPE_')) return gatewayFaults['upstream-invalid']
  return gatewayFaults['upstream-unreachable']
}
