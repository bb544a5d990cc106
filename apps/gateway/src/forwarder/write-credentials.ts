import type { OutgoingDraft } from '@portcullis/policy-kit/backend-credential'
import type { Forwarder, OutgoingRequest } from './forwarder.ts'

/** A forwarder that writes the credentials of a request into it: the last that happens before it is sent to a target. */
export function credentialWriter(forwarder: Pick<Forwarder, 'forward'>): Pick<Forwarder, 'forward'> {
  return {
    forward(request) {
      if (request.credentials === undefined) return forwarder.forward(request)
      try {
        return forwarder.forward(written(request))
      } catch (thrown) {
        return Promise.reject(thrown)
      }
    },
  }
}

function written(request: OutgoingRequest): OutgoingRequest {
  const { origin, method, target, body } = request
  // What was written for one attempt must not be in the next.
  const headers = request.headers.copy()
  const draft: OutgoingDraft = { origin, method, target, headers, body }
  for (const credential of request.credentials ?? []) credential.write(draft)
  return { ...request, target: draft.target, headers }
}
