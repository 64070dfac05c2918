typedef struct {
    u32 *to;     /* the state to which each step leads, those of one state in a row */
    u16 *rule;
    u8 *unit;    /* the unit of fairness to which it belongs, 0 for none */
    u64 *served; /* the units for which it is a turn */
    u64 *marks;  /* the properties that it violates */
    u64 used, room, most;
    u64 states;
    u64 *first;       /* the first step of each state, and one more */
    u64 *state_marks; /* the properties that the state violates */
    u64 *enabled;     /* the units of which it has a step, or that wait for one */
    u64 now;          /* the state that is drawn */
    u64 base[8];      /* the number of the first state of each part */
    u32 *number[8];   /* the number of the state in each place of its table */
    struct Engine *engine;
    u32 failed;
} Graph;
