import { AceType } from './ace.layout.js';

const OBJECT_TYPES: ReadonlySet<number> = new Set([
  AceType.ACCESS_ALLOWED_OBJECT,
  AceType.ACCESS_DENIED_OBJECT,
  AceType.SYSTEM_AUDIT_OBJECT,
  AceType.SYSTEM_ALARM_OBJECT,
  AceType.ACCESS_ALLOWED_CALLBACK_OBJECT,
  AceType.ACCESS_DENIED_CALLBACK_OBJECT,
  AceType.SYSTEM_AUDIT_CALLBACK_OBJECT,
  AceType.SYSTEM_ALARM_CALLBACK_OBJECT,
]);

/** Whether ACEs of the type have flags and GUIDs before the SID. */
export const hasObjectForm = (type: number): boolean => OBJECT_TYPES.has(type);

/** Whether ACEs of the type are a mask and a SID: every known type but the object ones and the compound one, which nothing documents. */
export const hasAccessForm = (type: number): boolean =>
  type <= AceType.SYSTEM_ACCESS_FILTER && type !== AceType.ACCESS_ALLOWED_COMPOUND && !OBJECT_TYPES.has(type);
