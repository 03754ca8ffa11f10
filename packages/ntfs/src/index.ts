export { layouts } from './layouts.js';
