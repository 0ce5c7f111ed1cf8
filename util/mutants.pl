#!/usr/bin/perl
# make mutants: breaks each rule that keeps a bad code out, one at a time, in a
# copy of the tree, and sees the test that names it turn red.
#
#     util/mutants.pl [PHRASE...]    all, or those with PHRASE in their name or
#                                    test; JOBS=N at a time
#     util/mutants.pl --stale        runs none: names the rows, file:line, whose
#                                    text is not there, or not once
#
# t/mutants/*.mutants hold them, as paragraphs of this form; the search text
# stands exactly once in its file:
#
#     === name of the rule, broken
#     file: path
#     test: unit healthcode_claims | fuzz request | model | t/04-claims.t
#     <<<
#     the lines as they are
#     >>>
#     the lines as they would be wrong

use strict;
use warnings;

use Cwd qw(getcwd);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Spec;
use File::Temp ();
use IO::Select;
use POSIX ();

my $root = dirname(dirname(File::Spec->rel2abs(__FILE__)));
chdir $root or die "mutants: $root: $!\n";

my @wanted = @ARGV;
my $jobs   = $ENV{JOBS} || 1;
my $copy;           # a job's own copy of the tree

my $LONGEST = 900;  # seconds that a test may take


sub slurp {
    my ($name) = @_;
    open my $file, '<', $name or die "mutants: $name: $!\n";
    local $/;
    return scalar <$file>;
}


sub spew {
    my ($name, $text) = @_;
    open my $file, '>', $name or die "mutants: $name: $!\n";
    print {$file} $text;
    close $file or die "mutants: $name: $!\n";
}


sub read_mutants {
    my @mutants;
    for my $list (sort glob 't/mutants/*.mutants') {
        my $text = slurp($list);
        for my $paragraph (split /^(?==== )/m, $text) {
            next if $paragraph !~ /^=== /;
            my ($name, $file, $test, $from, $to) = $paragraph =~
                /\A=== (.+)\nfile: (.+)\ntest: (.+)\n<<<\n(.*)\n>>>\n(.*?)\n*\z/s
                or die "mutants: $list: cannot be read:\n$paragraph";
            push @mutants, { name => $name, file => $file, test => $test,
                             from => $from, to => $to, list => $list };
        }
    }
    return @mutants;
}


# The command of a test, to be run in the copy.
# The command carries the scripts of redis-scripts/; both are built only where
# they are broken.
sub command_of {
    my ($test, $file) = @_;
    my $build = ($file // '') =~ m{^(tools/healthcode|redis-scripts)/}
        ? 'module command' : 'module';
    $build .= ' hall' if ($file // '') =~ m{^tools/demo/};
    return "make -s -C t/unit WARNINGS=-w T=${1}_test" if $test =~ /^unit (\w+)$/;
    return "make -s -C t/fuzz WARNINGS=-w T=$1 replay" if $test =~ /^fuzz (\w+)$/;
    return "make -s -C t/model WARNINGS=-w hunt" if $test eq 'model';
    return qq(make -s $build EXTRA_CFLAGS=-w && PERL5OPT="-I$copy/t/lib )
        . qq(-MHealthcode::StopAtFirst" prove $1)
        if $test =~ m{^(t/[\w.-]+\.t)$};
    die "mutants: no test: $test\n";
}


# How often the text that the mutant replaces is in $text.
sub count_of {
    my ($mutant, $text) = @_;
    my $count = () = $text =~ /\Q$mutant->{from}\E/g;
    return $count;
}


# Prints the rows that can break nothing any more; their number.
sub print_stale {
    my (@mutants) = @_;
    my (%text_of, $stale);
    for my $mutant (@mutants) {
        my $file = $mutant->{file};
        $text_of{$file} //= -f $file ? slurp($file) : '';
        my $count = count_of($mutant, $text_of{$file});
        next if $count == 1;
        my ($before) = slurp($mutant->{list}) =~ /\A(.*?)^=== \Q$mutant->{name}\E$/ms;
        printf "%s:%d: \"%s\" is stale: its text stands %d times in %s\n",
            $mutant->{list}, 1 + ($before =~ tr/\n//), $mutant->{name}, $count, $file;
        $stale++;
    }
    return $stale // 0;
}


# 'passed', 'failed', or 'timed out', which tells nothing.
sub run {
    my ($command) = @_;
    my $status = system("cd $copy && timeout $LONGEST sh -c '$command' "
                        . "> $copy/mutants.log 2>&1 < /dev/null");
    return $status == 0 ? 'passed' : $status >> 8 == 124 ? 'timed out' : 'failed';
}


# A copy of the tree, in which tests can be run.
sub copy_tree {
    my $copy = File::Temp::tempdir('healthcode-mutants-XXXXXXXX', TMPDIR => 1);
    chmod 0755, $copy;
    my $files = join "\0", grep { -e } split /\0/,
        `git ls-files -z --cached --others --exclude-standard`;
    open my $tar, '|-', "tar -c --null -T - | tar -x -C $copy"
        or die "mutants: tar: $!\n";
    print {$tar} "$files\0";
    close $tar or die "mutants: the tree cannot be copied\n";
    symlink "$root/.deps", "$copy/.deps";
    make_path("$copy/build");
    system("cp -a build/healthcode build/healthcode-demo $copy/build/ 2>/dev/null");
    return $copy;
}


# Breaks one rule in the copy at hand and restores it; what to print.
sub try_mutant {
    my ($mutant, $green) = @_;
    my ($name, $test) = @{$mutant}{qw(name test)};
    my $command = command_of($test);

    # the command of the row before may be broken
    system("cp -a build/healthcode build/healthcode-demo $copy/build/ 2>/dev/null");
    $green->{$test} //= run($command) eq 'passed';
    die "mutants: $test is red without any mutant:\n"
        . slurp("$copy/mutants.log") if !$green->{$test};

    my $path = "$copy/$mutant->{file}";
    my $text = slurp($path);
    my $count = count_of($mutant, $text);
    return "STALE     $name: its text stands $count times in $mutant->{file}\n"
        if $count != 1;

    (my $wrong = $text) =~ s/\Q$mutant->{from}\E/$mutant->{to}/;
    spew($path, $wrong);

    my $result = run(command_of($test, $mutant->{file}));
    my $log = slurp("$copy/mutants.log");

    # A mutant that does not even compile proves nothing.
    spew($path, $text);
    die "mutants: \"$name\" does not compile:\n$log"
        if $log =~ /^[^\s#]+:\d+:\d+: (?:fatal )?error: /m
        || $log =~ /undefined reference|ld returned \d/;

    my %word = ('passed' => 'SURVIVED', 'failed' => 'noticed', 'timed out' => 'TIMED OUT');
    return sprintf "%-9s %-52s %s\n", $word{$result}, $name, $test;
}


# A process with a copy of its own tries these; a handle on what it prints.
sub start_job {
    my (@mutants) = @_;
    my $pid = open(my $out, '-|') // die "mutants: fork: $!\n";
    return $out if $pid;

    my %green;
    $SIG{$_} = sub { die "mutants: ended by a signal\n" } for qw(INT TERM HUP);
    $copy = copy_tree();
    for my $mutant (@mutants) {
        eval { print try_mutant($mutant, \%green); 1 } or print "FAILED $@";
    }
    close STDOUT;
    system('rm', '-rf', $copy);
    POSIX::_exit(0);
}


$| = 1;

exit(print_stale(read_mutants()) ? 1 : 0) if "@wanted" eq '--stale';

my @mutants = grep {
    my $mutant = $_;
    !@wanted || grep { index("$mutant->{name}\n$mutant->{test}", $_) >= 0 }
        @wanted
} read_mutants();

die "mutants: none is named like that\n" if !@mutants;

# Rows of one test go to one job, which builds it once; the longest test first,
# to the job that has the least.
my (%rows_of, @rows);
push @{ $rows_of{ $_->{test} } }, $_ for @mutants;

sub weight { my ($test) = @_; @{ $rows_of{$test} } * ($test =~ /^t/ ? 10 : 1) }

my @load = (0) x $jobs;
for my $test (sort { weight($b) <=> weight($a) || $a cmp $b } keys %rows_of) {
    my ($least) = sort { $load[$a] <=> $load[$b] } 0 .. $jobs - 1;
    $load[$least] += weight($test);
    push @{ $rows[$least] }, @{ $rows_of{$test} };
}

my %count;
my $select = IO::Select->new(map { start_job(@$_) } grep { $_ } @rows);

# A line at a time: a job writes whole lines.
while ($select->count) {
    for my $out ($select->can_read) {
        if (!sysread $out, my $text, 65536) {
            $select->remove($out);
            close $out;
            next;
        }
        else {
            print $text;
            $count{$1}++ while $text =~ /^(noticed|SURVIVED|TIMED OUT|STALE|FAILED) /mg;
        }
    }
}

my $noticed = $count{noticed} // 0;
printf "mutants: %d passed, %d failed\n", $noticed, @mutants - $noticed;
exit($noticed == @mutants ? 0 : 1);
