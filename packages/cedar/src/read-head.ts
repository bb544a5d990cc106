import type { EstPolicy } from './est.ts'
import type { ScopeVariable } from './request.ts'
import { readScope, type Scope } from './scope.ts'

/** A policy's head, part by part. */
export type Head = { readonly [V in ScopeVariable]: Scope }

/** Throws `cedar.unsupported`, also for a template that was not linked. */
export function readHead(policy: EstPolicy): Head {
  return {
    principal: readScope(policy, 'principal'),
    action: readScope(policy, 'action'),
    resource: readScope(policy, 'resource'),
  }
}
