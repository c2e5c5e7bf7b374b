"""The catalogue of seeded bugs: patches over the correct platform, and what was measured of them.

Adding a bug
------------
1. Make the mistake in the reference tree, by hand, in as few lines as possible. It should look like code that a good
   engineer wrote: no comment, no odd name, no dead branch. Only files below `services/` and `shared/` and the compose
   files can hold bugs, because only they are graded.
2. Save the difference below the family's folder, with the header in front, and undo the edit::

       (cat header; echo; git diff -- services shared docker-compose.yml) > environment/bugs/<family>/<ID>.patch
       git checkout -- services shared docker-compose.yml

   The families and their folders are in `families.py`; ids are permanent and never given to another bug. The header
   is read by `email.parser`; a value may go on in lines that begin with a blank::

       Id: E1
       Title: Capacity is summed in floating point
       Family: scheduling
       Difficulty: subtle
       Services: compute
       Depends-On: A1
       Scenario: scenario_04_resource_scheduling
       Symptom: After some hundred claims a host holds a little more than it has.
       Hint: Look at how claims are added up.
       Explanation: Claims are Decimal shares of a core; as floats their sum comes out below the capacity when it is
        equal to it, so one claim more fits.

   `Difficulty` is setup, obvious, moderate, subtle or treacherous. `Services` names services, or `platform` for what
   all share. `Depends-On` names the bugs that hide this one, or `-`; `Scenario` an incident report, or `-`. `Symptom`
   and, for set-up bugs, `Hint` go into the README of workspaces: they tell what is seen, never where or which bug.
3. `omnicloud bugs check` says whether the patch is well-formed, fits the reference byte for byte, edits no line that
   another bug edits, gives nothing away, and leaves files that can be read, alone and with all the others.
4. `omnicloud bugs verify ID` runs the whole visible suite with this bug alone and writes `manifest.json`. At least two
   visible tests must fail, for the reason that the title names (`--verbose` prints what they say). An edge is a fact
   only when a trigger of the bug also fails with nothing but its dependency injected; otherwise change the header.
5. Commit the patch with the manifest.

When the reference changes, patches whose lines moved no longer fit: make the same edit anew and measure again.
Nothing outside of `environment/` may know of any of this.
"""
