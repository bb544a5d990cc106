import { PUBLIC } from '../scope.ts'
import { json, jsonObject, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'

export const getDocument = createRoute({
  operationId: 'getDocument',
  method: 'get',
  path: '/openapi.json',
  summary: 'This document',
  security: PUBLIC,
  responses: { 200: json('OpenAPI 3.1', jsonObject), default: refusal },
})
