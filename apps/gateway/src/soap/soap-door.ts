import { changed } from '@portcullis/kernel/later'
import type { Door, DoorReply } from '../listener/listener.ts'
import { readProblem } from '../listener/read-problem.ts'
import { soapFault, soapVersionOf } from './soap-fault.ts'

/**
 * Before a door, what callers of SOAP can read: a refusal of ours becomes a fault of the version that they speak. Status
 * and fields stay, because whoever reads those, such as challenges, goes by them. What a backend says is left to it.
 */
export function soapDoor(door: Door): Door {
  return {
    handle(request) {
      const version = soapVersionOf(request)
      if (version === undefined) return door.handle(request)
      return changed(door.handle(request), (reply): DoorReply => {
        const problem = readProblem(reply)
        if (problem === undefined) return reply
        reply.headers.set('Content-Type', version.type)
        reply.body = soapFault(version, reply.status, problem)
        return reply
      })
    },
    refuse: door.refuse,
  }
}
