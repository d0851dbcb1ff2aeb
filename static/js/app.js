// Countersign works without script. These modules only make it quicker to use.
import "./theme.js";
import "./copy.js";
import "./keys.js";
import "./dialogs.js";
import "./passkeys.js";
