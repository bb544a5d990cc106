import type { CedarRequest } from '@portcullis/cedar/request'
import { EntityRef } from '@portcullis/cedar/value'
import type { JsonObject } from '@portcullis/kernel/json'
import { entityOf } from '@portcullis/policy-kit/condition/call-context'
import { recordOf, typeOfWord } from '@portcullis/policy-kit/condition/cedar-schema'
import { LookupRecord } from '@portcullis/policy-kit/condition/host-value'
import type { TokenAsked } from './token-asked.ts'
import { tokenVocabulary, wordNamed } from './vocabulary.ts'

/**
 * A token as Cedar sees it. Who gets it is `User::"ada"`, or `App::"robot"` where an app speaks for itself, below its roles
 * (`Role::"admin"`) and a user's groups (`Group::"sales"`); the action is always `Action::"issue"`; for whom it is, is
 * `Audience::"https://api.example/warehouse/v1"`, below `Api::"warehouse"` and `Environment::"production"`. The rest is in
 * `context`.
 */
export function tokenRequest(asked: TokenAsked): CedarRequest {
  const { user, app, appRoles, audience, api, environments } = asked
  const principal = user === undefined ? new EntityRef('App', app) : new EntityRef('User', user.name)
  const resource = new EntityRef('Audience', audience)
  const who = entityOf({}, [
    ...(user === undefined ? appRoles : user.roles).map((role) => new EntityRef('Role', role)),
    ...(user?.groups ?? []).map((group) => new EntityRef('Group', group)),
  ])
  const what = entityOf({}, [
    ...(api === undefined ? [] : [new EntityRef('Api', api)]),
    ...environments.map((environment) => new EntityRef('Environment', environment)),
  ])
  return {
    principal,
    action: ISSUE,
    resource,
    context: new LookupRecord(
      (name) => wordNamed(name)?.read(asked),
      () => Object.keys(tokenVocabulary),
    ),
    entities: {
      find: (ref) => (ref.equals(principal) ? who : ref.equals(resource) ? what : undefined),
    },
  }
}

const ISSUE = new EntityRef('Action', 'issue')

/** The same as a schema of Cedar, to which conditions are held strictly; `paths` are those that they ask for. */
export function tokenSchema(paths: readonly string[]): JsonObject {
  const entity = (...memberOfTypes: string[]): JsonObject => ({ memberOfTypes, shape: recordOf([]) })
  const words = Object.entries(tokenVocabulary).map(
    ([name, each]) => [name, typeOfWord(name, each, paths)] as const,
  )
  return {
    '': {
      entityTypes: {
        User: entity('Role', 'Group'),
        App: entity('Role'),
        Role: entity(),
        Group: entity(),
        Audience: entity('Api', 'Environment'),
        Api: entity(),
        Environment: entity(),
      },
      actions: {
        issue: {
          appliesTo: {
            principalTypes: ['User', 'App'],
            resourceTypes: ['Audience'],
            context: recordOf(words),
          },
        },
      },
    },
  }
}
