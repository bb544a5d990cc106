import type { Finding } from '@portcullis/model/finding/finding'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

/** Hosts are compared without regard to case (RFC 9110 §4.2.3), and over all organizations: gateways are shared. */
export const checkHosts: Check = (landscape) => {
  const takers = new Map<string, Set<ResourceOf<'Environment'>>>()
  const findings: Finding[] = []
  for (const environment of landscape.all('Environment')) {
    for (const host of environment.spec.hosts) {
      const key = host.toLowerCase()
      takers.set(key, (takers.get(key) ?? new Set()).add(environment))
    }
  }
  for (const environment of landscape.of('Environment')) {
    environment.spec.hosts.forEach((host, i) => {
      const others = [...(takers.get(host.toLowerCase()) ?? [])].filter((each) => each !== environment)
      const other = others[0]
      if (other === undefined) return
      const detail = `"${host}" already leads to the environment "${other.organization}/${other.name}".`
      findings.push(found(landscape, environment, ['spec', 'hosts', i], modelFaults['host-taken'], detail))
    })
  }
  return findings
}
