import type { DetailType } from '@portcullis/model/resource/detail-type'
import { wrongWithDetailSchema } from '@portcullis/oauth/authorization-detail'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

/** Types of authorization details have schemas that can be asked, in linear time and without fetching anything. */
export const checkDetailTypes: Check = (landscape) =>
  landscape.of('Api').flatMap((api) =>
    Object.entries(api.spec.versions).flatMap(([version, { authorizationDetails = {} }]) =>
      Object.entries(authorizationDetails).flatMap(([name, type]) => {
        const wrong = wrongWithDetailSchema(type.schema) ?? compileError(type)
        if (wrong === undefined) return []
        const at = ['spec', 'versions', version, 'authorizationDetails', name, 'schema']
        return [found(landscape, api, at, modelFaults['bad-detail-schema'], `${wrong}.`)]
      }),
    ),
  )

function compileError({ schema }: DetailType): string | undefined {
  try {
    new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema)
    return undefined
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message.slice(0, 300) : 'it can’t be read'
  }
}
