// Who answers what: loaded when somebody looks at the team or at routing.
export { Departments } from './departments';
export { Routing } from './routing';
