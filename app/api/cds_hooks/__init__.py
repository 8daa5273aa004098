"""The door of CDS Hooks: discovery, the call that a card answers, and feedback on cards."""
