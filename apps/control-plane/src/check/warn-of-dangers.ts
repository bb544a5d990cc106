import { SYSTEM } from '@portcullis/model/collection'
import type { Finding } from '@portcullis/model/finding/finding'
import { isLoopback } from '@portcullis/model/loopback'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import { type UpstreamDeclaration, urlsOf } from '@portcullis/model/resource/upstream'
import { type AnyPolicy, type Catalog, type Danger, policyOf } from '@portcullis/policy-kit/policy'
import type { Landscape } from '../state/landscape.ts'
import { attachedIn } from './attached.ts'
import { type Check, warning } from './check.ts'
import { warnings } from './fault.ts'

export const warnOfDangers: Check = (landscape, catalog) => [
  ...ofAttachments(landscape, catalog),
  ...landscape.of('Environment').flatMap((environment) => ofEnvironment(landscape, environment)),
  ...landscape.of('Api').flatMap((api) => ofApi(landscape, api)),
  ...landscape.of('App').flatMap((app) => ofApp(landscape, app)),
]

function ofApp(landscape: Landscape, app: ResourceOf<'App'>): Finding[] {
  const findings: Finding[] = []
  if (app.spec.grants.includes('password')) {
    const detail = `"${app.name}" uses the grant "password".`
    findings.push(warning(landscape, app, ['spec', 'grants'], warnings['password-grant'], detail))
  }
  if (app.spec.vouchesForUsers === true) {
    const detail = `"${app.name}" vouches for users.`
    findings.push(warning(landscape, app, ['spec', 'vouchesForUsers'], warnings['vouches-for-users'], detail))
  }
  return findings
}

function ofAttachments(landscape: Landscape, catalog: Catalog): Finding[] {
  return attachedIn(landscape).flatMap(({ resource, at, attachments }) =>
    attachments.flatMap(({ policy, mode, failOpen, config }, i) => {
      const contract = policyOf(catalog, policy)?.contract
      const findings: Finding[] = dangersOf(contract, config).map(({ path, detail }) =>
        warning(landscape, resource, [...at, i, 'config', ...path], warnings.weakens, detail),
      )
      const derives = contract?.derive !== undefined && contract.onlyAttached !== true
      if (derives && mode !== 'enforce') {
        const detail = `"${policy}" comes from the contract, and here its mode is "${mode}".`
        findings.push(warning(landscape, resource, [...at, i, 'mode'], warnings['not-enforced'], detail))
      }
      if (failOpen) {
        const detail = `When "${policy}" fails, calls go on without it.`
        findings.push(warning(landscape, resource, [...at, i, 'failOpen'], warnings['fails-open'], detail))
      }
      return findings
    }),
  )
}

/** What is no config of the policy has been told of by another check. */
function dangersOf(contract: AnyPolicy['contract'] | undefined, config: unknown): readonly Danger[] {
  const read = contract?.config.safeParse(config)
  return read?.success === true ? (contract?.dangers?.(read.data) ?? []) : []
}

function ofEnvironment(landscape: Landscape, environment: ResourceOf<'Environment'>): Finding[] {
  const { hosts, url } = environment.spec
  const findings = hosts.flatMap((host, i) => {
    if (host !== '*') return []
    const detail = 'The host "*" lets any name lead here.'
    return [warning(landscape, environment, ['spec', 'hosts', i], warnings['any-host'], detail)]
  })
  // The installation's own environment is served by the control plane, never by a gateway.
  if (hosts.length === 0 && environment.organization !== SYSTEM) {
    findings.push(
      warning(landscape, environment, ['spec', 'hosts'], warnings['not-served'], 'It has no hosts.'),
    )
  }
  if (isPlain(url)) {
    const detail = `Callers reach it at ${url}, unencrypted.`
    findings.push(warning(landscape, environment, ['spec', 'url'], warnings['plain-http'], detail))
  }
  return findings
}

function ofApi(landscape: Landscape, api: ResourceOf<'Api'>): Finding[] {
  return Object.entries(api.spec.versions).flatMap(([version, spec]) => {
    const at = ['spec', 'versions', version]
    const findings = Object.entries(spec.deployments).flatMap(([environment, { upstream }]) =>
      ofUpstream(landscape, api, [...at, 'deployments', environment, 'upstream'], upstream),
    )
    findings.push(...ofContract(landscape, api, version))
    if (spec.state !== 'draft') return findings
    return [
      ...findings,
      warning(landscape, api, [...at, 'state'], warnings.draft, `"${version}" is a draft.`),
    ]
  })
}

function ofContract(landscape: Landscape, api: ResourceOf<'Api'>, version: string): Finding[] {
  const contract = landscape.contract(api.organization, api.name, version)
  if (contract === undefined) return []
  const demanded = new Set(
    contract.operations.flatMap(({ security }) => security.flatMap((each) => Object.keys(each))),
  )
  return Object.entries(contract.schemes).flatMap(([name, scheme]) => {
    if (scheme.type !== 'apiKey' || scheme.in !== 'query' || !demanded.has(name)) return []
    const detail = `The scheme "${name}" takes the key from the parameter "${scheme.name}".`
    const at = ['spec', 'versions', version, 'contract']
    return [warning(landscape, api, at, warnings['key-in-query'], detail)]
  })
}

function ofUpstream(
  landscape: Landscape,
  api: ResourceOf<'Api'>,
  at: readonly PropertyKey[],
  upstream: UpstreamDeclaration,
): Finding[] {
  const unencrypted = urlsOf(upstream)
    .filter(({ url }) => isPlain(url))
    .map(({ url, keys }) => {
      const detail = `Calls go on to ${url}, unencrypted.`
      return warning(landscape, api, [...at, ...keys], warnings['plain-http'], detail)
    })
  return [...unencrypted, ...ofSingleTarget(landscape, api, at, upstream)]
}

function ofSingleTarget(
  landscape: Landscape,
  api: ResourceOf<'Api'>,
  at: readonly PropertyKey[],
  upstream: UpstreamDeclaration,
): Finding[] {
  if (typeof upstream === 'string' || upstream.targets.length > 1) return []
  const idle = [
    ...(upstream.health.active === undefined ? [] : [['health', 'active']]),
    ...(upstream.slowStart === undefined ? [] : [['slowStart']]),
  ]
  const detail = 'With one target there is no other to turn to.'
  return idle.map((keys) => warning(landscape, api, [...at, ...keys], warnings['single-target'], detail))
}

function isPlain(text: string): boolean {
  const url = URL.parse(text)
  return url?.protocol === 'http:' && !isLoopback(url)
}
