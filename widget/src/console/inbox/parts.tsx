import '../main'; // see ../visitorspage.tsx
import { adopt } from '../../shared/styles';
import css from './inbox.css';

adopt(document, css);

export { Bulk } from './bulk';
export { Filters } from './filters';
export { Later } from './later';
