# The habits of CONTRIBUTING.md that a machine can check: messages of commits
# (util/commits.sh and the hook), phrases (util/phrases.pl), recipes
# (util/recipe.sh).
# From the root: prove t/56-habits.t

use strict;
use warnings;

use File::Temp ();
use FindBin;
use Test::More;

my $ROOT = "$FindBin::Bin/..";
my $tmp = File::Temp->newdir('healthcode-habits-XXXXXXXX', TMPDIR => 1);

delete @ENV{grep { /^GIT_/ } keys %ENV};
$ENV{GIT_CONFIG_GLOBAL} = $ENV{GIT_CONFIG_SYSTEM} = '/dev/null';


# What a command says, both streams; its exit status is left in $?.
sub output_of { my $out = `@_ 2>&1 </dev/null`; return $out }

# What commits.sh says to a message.
sub judged {
    my ($text) = @_;
    open my $file, '>', "$tmp/message" or die "message: $!\n";
    print $file $text;
    close $file;
    return output_of("$ROOT/util/commits.sh --message $tmp/message");
}


# ---- one message ----

my $LONGEST = 'Claims: ' . 'x' x (72 - length('Claims: .')) . '.';

for my $good (
    [ 'a sentence'            => "Claims: reject an expiry before issue time.\n" ],
    [ 'a body'                => "Docs: a drawing.\n\nIt shows the wings.\n" ],
    [ '72 columns'            => "$LONGEST\n" ],
    [ 'comments of git'       => "Docs: a drawing.\n# On branch main\n#\n" ],
    [ 'a diff below scissors' =>
        "Docs: a drawing.\n\n# ------------------------ >8 ------------------------\ndiff --git\n" ],
    [ 'an empty line before'  => "\nDocs: a drawing.\n" ],
    [ 'what --autosquash takes' => "fixup! Docs: a drawing.\n" ],
) {
    my ($name, $text) = @$good;
    is(judged($text), '', "a message with $name passes");
    is($?, 0, "$name: exit status 0");
}

for my $bad (
    [ 'no prefix'              => "reject an expiry before issue time.\n",
      qr/no "Prefix: what changes\."/ ],
    [ 'no text'                => "Claims: \n", qr/no "Prefix: what changes\."/ ],
    [ 'no blank after it'      => "Claims:reject.\n", qr/no "Prefix: what changes\."/ ],
    [ 'a prefix of its own'    => "Stuff: reject.\n",
      qr{unknown prefix "Stuff"; write one of util/prefixes} ],
    [ 'a prefix in small letters' => "claims: reject.\n", qr/unknown prefix "claims"/ ],
    [ 'a prefix that is a comment' => "#: reject.\n", qr/no "Prefix/ ],
    [ 'no full stop'           => "Claims: reject an expiry\n", qr/full stop/ ],
    [ 'three of them'          => "Claims: reject...\n", qr/full stop/ ],
    [ '73 columns'             => $LONGEST =~ s/x/xx/r . "\n",
      qr/the subject has 73 columns; at most 72/ ],
    [ 'a body at once'         => "Claims: reject.\nBecause.\n",
      qr/the second line is not empty/ ],
    [ 'nothing in it'          => "# On branch main\n", qr/no "Prefix/ ],
) {
    my ($name, $text, $said) = @$bad;
    like(judged($text), $said, "a message with $name is refused");
    is($? >> 8, 1, "$name: exit status 1");
}


# ---- the hook, and a range ----

my $repo = "$tmp/repo";
my $git = "git -C $repo -c user.name=a -c user.email=a\@b.example";
output_of("git init -q $repo && cp -R $ROOT/.githooks $repo && mkdir $repo/util"
          . " && cp $ROOT/util/commits.sh $ROOT/util/prefixes $repo/util"
          . " && $git config core.hooksPath .githooks");
is($?, 0, 'a repository with the hook');

output_of("$git commit -q --allow-empty -m 'Docs: a drawing.'");
is($?, 0, 'the hook lets a good message pass');
like(output_of("$git commit -q --allow-empty -m 'a drawing'"), qr/no "Prefix/,
     'it refuses a bad one');
isnt($?, 0, 'and there is no commit');
is(output_of("$git rev-list --count HEAD"), "1\n", 'but the first');

output_of("$git commit -q --no-verify --allow-empty -m 'a drawing'");
output_of("$git commit -q --allow-empty -m 'Docs: another.'");
my $said = output_of("cd $repo && util/commits.sh HEAD~2..HEAD");
is($? >> 8, 1, 'a range with a bad message is refused');
like($said, qr/^[0-9a-f]{7,}: no "Prefix/, 'with the commit that has it');
is(output_of("cd $repo && util/commits.sh HEAD~1..HEAD"), '', 'a good range passes');
is($? >> 8, 0, 'with exit status 0');

output_of("cd $repo && util/commits.sh nothing..HEAD");
is($? >> 8, 2, 'a range that git does not know is an error');
output_of("cd $repo && util/commits.sh HEAD");
is($? >> 8, 2, 'one commit is no range');


# ---- what CONTRIBUTING.md tells ----

my $guide = do {
    local (@ARGV, $/) = ("$ROOT/CONTRIBUTING.md");
    <>;
};
like($guide, qr/^git config core\.hooksPath \.githooks$/m,
     'CONTRIBUTING.md says how to set the hook');


# ---- this tree ----

SKIP: {
    my $count = output_of("git -C $ROOT rev-list --count --max-count=4 HEAD");
    skip 'this tree is not a clone', 1 if $? || $count < 2;
    my $last = $count - 1;
    is(output_of("cd $ROOT && util/commits.sh HEAD~$last..HEAD"), '',
       "the last $last commits have the form that they should have");
}


# ---- phrases ----

# What phrases.pl says to a file of this name and text.
sub read_by_phrases {
    my ($name, $text) = @_;
    open my $file, '>', "$tmp/$name" or die "$name: $!\n";
    print $file $text;
    close $file;
    return output_of("$ROOT/util/phrases.pl $tmp/$name") =~ s{\Q$tmp\E/}{}gr;
}

for my $row (
    [ 'a comment of C', 'a.c', "/* NULL where it ends. */\n", qr/^a\.c:1: "NULL where"; write/ ],
    [ 'a phrase over two lines', 'a.c', "int a;\n/*\n * Knows\n * not what.\n */\n",
      qr/^a\.c:3: "Knows not"; write "does not/ ],
    [ 'a string of C', 'a.c', qq{f("it is " "no date");\n}, qr/^a\.c:1: "is no date"/ ],
    [ 'a comment of a script', 'a.sh', "echo\n# all else\n", qr/^a\.sh:2: "all else"/ ],
    [ 'a comment behind code', 'a.pl', "f();    \# all else\n", qr/^a\.pl:1: "all else"/ ],
    [ 'a comment of Lua', 'a.lua', "-- all else\n", qr/^a\.lua:1: "all else"/ ],
    [ 'a document', 'a.md', "It\nis none.\n", qr/^a\.md:1: "is none"|^a\.md:2/ ],
) {
    my ($what, $name, $text, $said) = @$row;
    like(read_by_phrases($name, $text), $said, "$what: the phrase is found");
}

for my $row (
    [ 'two comments', 'a.c', "/* all */\n/* else */\n" ],
    [ 'code', 'a.c', "all else;\n" ],
    [ 'code of a script', 'a.sh', "echo all else\n" ],
    [ 'a fence and backquotes', 'a.md', "```\nall else\n```\nSay `all else`.\n" ],
    [ 'a table of messages', 'a.md', "| line | `nginx -t` says |\n|---|---|\n| a | is no date |\n" ],
    [ 'an honest use', 'a.md', "There is no date. It is no longer there.\n" ],
) {
    my ($what, $name, $text) = @$row;
    is(read_by_phrases($name, $text), '', "$what: nothing is found");
}


# ---- recipes ----

my %files;      # by name, without the folder
$files{ s{.*/}{}r }++
    for split /\n/, output_of("cd $ROOT && find ngx_http_healthcode_module tools redis-scripts"
                              . " t docs -type f");

my ($how) = $guide =~ /^## How to add\n(.*?)^## /ms;
my %said = $how =~ /^`recipe\.sh (\w+)` \((\d+ of \d+)\)/mg;
my @named = $how =~ /`([\w.-]+\.[ch])`/g;
cmp_ok(scalar @named, '>', 20, 'the recipes of CONTRIBUTING.md name files');
is(join(' ', grep { !$files{$_} } @named), '', 'which are there');

SKIP: {
    skip 'this tree is not a clone', 1 if !-e "$ROOT/.git";
    my $out = output_of("$ROOT/util/recipe.sh --dry");
    is($?, 0, 'each recipe applies, and touches no more files than it may') or diag($out);
    while ($out =~ /^recipe: (\w+): (\d+) files, at most (\d+), not built$/mg) {
        is($said{$1}, "$2 of $3", "$1: CONTRIBUTING.md says how many files");
        delete $said{$1};
    }
    is(join(' ', sort keys %said), '', 'CONTRIBUTING.md names no other recipe');
}

done_testing;
