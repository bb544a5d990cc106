import type { WholeBody } from '@portcullis/http1/body/whole-body'
import type { Response, Trailers } from '@portcullis/http1/message'
import type { Tunnel } from '@portcullis/kernel/tunnel'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Body } from '@portcullis/policy-kit/message/reply'
import type { ForwardedReply } from './forwarder.ts'

/** A reply of a backend as the engine has read it. Its body is taken out only when somebody asks for it: most pass as they came. */
export class BackendReply implements ForwardedReply {
  status: number
  readonly headers: HeaderList
  trailers: Trailers | undefined
  readonly tunnel: Tunnel | undefined
  #response: Response | undefined
  #body: Body | undefined

  constructor(response: Response) {
    this.status = response.status
    // Nobody else has the list, so that steps may change it.
    this.headers = new HeaderList(response.fields as string[])
    this.trailers = response.trailers
    this.tunnel = response.tunnel
    this.#response = response
  }

  get untouched(): WholeBody | undefined {
    return this.#response?.whole
  }

  get body(): Body | undefined {
    if (this.#response !== undefined) {
      this.#body = this.#response.body
      this.#response = undefined
    }
    return this.#body
  }

  set body(body: Body | undefined) {
    this.#response = undefined
    this.#body = body
  }
}
